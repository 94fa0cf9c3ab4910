(class_name) @reference.name
(id_name) @reference.name
(call_expression
  (function_name) @keyword (arguments . (plain_value) @reference.name) (#set! keyword "var"))

(import_statement (string_value (string_content) @import.whole)) @import
(import_statement
  (call_expression (arguments (string_value (string_content) @import.whole)))) @import
