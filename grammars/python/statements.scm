; @statement  what a multi-line suggestion may end after
; @block      a body; @opens the token that begins one
; @comment, @string   where suggestions stay on one line

(module (_) @statement)
(block (_) @statement)
(block) @block

(function_definition ":" @opens)
(class_definition ":" @opens)
(if_statement ":" @opens)
(elif_clause ":" @opens)
(else_clause ":" @opens)
(for_statement ":" @opens)
(while_statement ":" @opens)
(try_statement ":" @opens)
(except_clause ":" @opens)
(finally_clause ":" @opens)
(with_statement ":" @opens)
(match_statement ":" @opens)
(case_clause ":" @opens)

(comment) @comment
(string) @string
