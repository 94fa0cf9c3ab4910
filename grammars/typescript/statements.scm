; See python/statements.scm for what the captures mean. Serves TSX too.

(program (_) @statement)
(statement_block (_) @statement)
(class_body (_) @statement)
(interface_body (_) @statement)
(switch_case body: (_) @statement)
[(statement_block) (class_body) (interface_body) (enum_body) (switch_body)] @block

(statement_block "{" @opens)
(class_body "{" @opens)
(interface_body "{" @opens)
(enum_body "{" @opens)
(switch_body "{" @opens)

(comment) @comment
[(string) (template_string) (regex)] @string
