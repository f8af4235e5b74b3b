"""The demo company «Quan Trắc Sen Việt»: an invented supplier of environmental monitoring stations.

`build.build()` fills an empty database with its people (`staff`), its customers (`customers`, `words`) and eighteen
months of their work (`stories`, `bygone`), all through the acts of the product and by people with their own rights.
That takes minutes, so it was done once: `recording` keeps what came of it in a file and tells it again as of today.
"""
