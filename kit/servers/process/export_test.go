package process

// Descendants is descendants, for tests.
var Descendants = descendants
