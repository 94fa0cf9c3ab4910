; See python/statements.scm for what the captures mean.

(translation_unit (_) @statement)
(compound_statement (_) @statement)
(field_declaration_list (_) @statement)
(declaration_list (_) @statement)
[(compound_statement) (field_declaration_list) (declaration_list) (enumerator_list)] @block

(compound_statement "{" @opens)
(field_declaration_list "{" @opens)
(declaration_list "{" @opens)
(enumerator_list "{" @opens)

(comment) @comment
[(string_literal) (system_lib_string) (char_literal)] @string
