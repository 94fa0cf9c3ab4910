; See python/statements.scm for what the captures mean.

(program (_) @statement)
(block (_) @statement)
(constructor_body (_) @statement)
(class_body (_) @statement)
(interface_body (_) @statement)
(enum_body_declarations (_) @statement)
(switch_block (_) @statement)
[(block) (constructor_body) (class_body) (interface_body) (enum_body) (switch_block)] @block

(block "{" @opens)
(constructor_body "{" @opens)
(class_body "{" @opens)
(interface_body "{" @opens)
(enum_body "{" @opens)
(switch_block "{" @opens)

[(line_comment) (block_comment)] @comment
[(string_literal) (character_literal)] @string
