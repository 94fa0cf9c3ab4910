; See python/statements.scm for what the captures mean.

(source_file (_) @statement)
(statement_list (_) @statement)
(field_declaration_list (_) @statement)
(interface_type (_) @statement)
[(block) (field_declaration_list) (interface_type)
 (expression_switch_statement) (type_switch_statement) (select_statement)] @block

(block "{" @opens)
(field_declaration_list "{" @opens)
(interface_type "{" @opens)
(expression_switch_statement "{" @opens)
(type_switch_statement "{" @opens)
(select_statement "{" @opens)

(comment) @comment
[(interpreted_string_literal) (raw_string_literal) (rune_literal)] @string
