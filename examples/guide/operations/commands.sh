# [events]
manta events --since 10m
#> ...  controller_started ...
#> ...  deployed              rag: Llm is added; OpenAi is added (by ...)
#> ...  replica_ready         rag#Llm#...: ready after ... s
#> ...  application_status    rag: DEPLOYING -> RUNNING
# [/events]

# [effective]
manta config rag Llm --effective
#> rag/Llm
#>   KEY                    VALUE  ORIGIN
#>   ...
#>   max_ongoing_requests   7      environment app.yaml:10 ${CALLS:-7}
#>   ...
#>   compute_threads        1      default
#>   ...
# [/effective]

# [health]
manta controller-health
#> Controller: up ... s, ... control loops (.../s), ... MB
#>   1 applications, 2 deployments, 2 replicas, ...
#>   loop duration              mean ... ms  (... in all)
#>   ...
# [/health]
