"""TensorBoard's side of CNN Viz: finds what a run recorded and answers the page; torch-free."""
