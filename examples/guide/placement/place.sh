# [place]
manta place place.yaml --nodes '2xcpu=8,gpu=2;cpu=16'
# [/place]
