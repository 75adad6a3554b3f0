"""One file per row, or per group of lines that share their servers. A row has, besides the text at its top, which the page shows,
TITLE  what it measures, for people
PEER   the peer that has to run for it, or None
run    (session) -> [Line]; several lines where a row has several bars."""
from rows import (batch, bodies, chain, composition, connections, control, controller, crowd, embed, first_token, generation, hop, http2, ingress,
                  kill, noop, openai, peers, pipeline, ray_default, size, start, stream, threads, together, wide)

# In the order of the table.
ROWS = {module.__name__.split(".")[1]: module
        for module in (ingress, noop, peers, composition, ray_default, chain, bodies, connections, http2, threads, wide, pipeline, hop, together, stream,
                       crowd, batch, embed, openai, generation, first_token, start, size, kill, controller, control)}
