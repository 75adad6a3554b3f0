"""One file per row, or per group of lines that share their servers. A row has
TITLE  what it measures, for people
PEER   the peer that has to run for it, or None
run    (session) -> [Line]; several lines where a row has several bars."""
from rows import batch, composition, controller, embed, generation, hop, ingress, kill, noop, openai, pipeline, start, stream

# In the order of the table.
ROWS = {module.__name__.split(".")[1]: module
        for module in (ingress, noop, composition, pipeline, hop, stream, batch, embed, openai, generation, start, kill, controller)}
