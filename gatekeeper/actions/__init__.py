"""What people do: one verb for each thing someone does. Questions return their entries, acts write theirs first."""
