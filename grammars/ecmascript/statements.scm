; See python/statements.scm for what the captures mean.

(program (_) @statement)
(statement_block (_) @statement)
(class_body (_) @statement)
(switch_case body: (_) @statement)
[(statement_block) (class_body) (switch_body)] @block

(statement_block "{" @opens)
(class_body "{" @opens)
(switch_body "{" @opens)

(comment) @comment
[(string) (template_string) (regex)] @string
