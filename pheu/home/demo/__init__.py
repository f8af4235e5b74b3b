"""The demo company «Quan Trắc Sen Việt»: an invented supplier of environmental monitoring stations.

`build.build()` fills an empty database with its people (`staff`), its customers (`customers`, `words`) and eighteen
months of their work (`stories`), all through the acts of the product and by people with their own rights.
"""
