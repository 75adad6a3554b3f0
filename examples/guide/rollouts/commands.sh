# [plan]
manta plan changed.yaml
#> Plan: 1 restart, 1 in place
#>
#> ~ rag: restart
#>   ~ Llm     restart      1 replica in waves of 1; new ones start first
#>       ray_actor_options.num_cpus: 1.0 -> 0.5
#>       rolling_update_percentage: 0.2 -> 0.5
#>       rollback_on_failure: false -> true
#>   ~ OpenAi  reconfigure  1 replica; each is told while it serves
#>       max_ongoing_requests: 1024 -> 50
# [/plan]

# [back]
manta deploy changed.yaml
#> deployed; `manta status` shows the progress

manta history
#>   revision  time                 what
#> *        2  ...  deploy: rag (by ...: manta deploy changed.yaml)
#>          1  ...  deploy: rag (by ...: manta run ...)

manta rollback
#> rolled back; `manta status` shows the progress
# [/back]
