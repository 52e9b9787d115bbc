module chat

go 1.19

require gemma4 v0.0.0

replace gemma4 => ../../bindings/go
