{
  description = "Stands in for an input that nobody looks at while a flake is being locked.";
  outputs = _: { };
}
