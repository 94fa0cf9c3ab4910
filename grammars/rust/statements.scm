; See python/statements.scm for what the captures mean.

(source_file (_) @statement)
(block (_) @statement)
(declaration_list (_) @statement)
(match_block (_) @statement)
(field_declaration_list (_) @statement)
(enum_variant_list (_) @statement)
[(block) (declaration_list) (match_block) (field_declaration_list) (enum_variant_list)] @block

(block "{" @opens)
(declaration_list "{" @opens)
(match_block "{" @opens)
(field_declaration_list "{" @opens)
(enum_variant_list "{" @opens)

[(line_comment) (block_comment)] @comment
[(string_literal) (raw_string_literal) (char_literal)] @string
