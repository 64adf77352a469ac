"""Operations: the roof, for what spans all domains (the pipeline, the dashboard, the demo)."""
