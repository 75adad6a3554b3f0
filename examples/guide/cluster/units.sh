# [worker]
manta systemd worker --address 10.0.1.5:6379
#> # /etc/systemd/system/manta-ray-worker.service
#> ...
#> ExecStart=/opt/manta/ray/bin/ray start --address=10.0.1.5:6379 --disable-usage-stats --block
#> ...
# [/worker]
