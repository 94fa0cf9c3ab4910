; inherits: ecmascript
; Serves TSX too.

(interface_body (_) @statement)
[(interface_body) (enum_body)] @block

(interface_body "{" @opens)
(enum_body "{" @opens)
