"""The Django floor: bare endpoints over tables of the same shape, and nothing else."""
