(identifier) @reference.name
(constant) @reference.type
(instance_variable) @reference.member
(call method: (identifier) @reference.method)
(call method: (constant) @reference.method)
(call !receiver method: (identifier) @reference.call)

(method_parameters (identifier) @local)
(block_parameters (identifier) @local)
(lambda_parameters (identifier) @local)
(optional_parameter name: (identifier) @local)
(keyword_parameter name: (identifier) @local)
(splat_parameter name: (identifier) @local)
(hash_splat_parameter name: (identifier) @local)
(block_parameter name: (identifier) @local)
(assignment left: (identifier) @local)
(left_assignment_list (identifier) @local)
(exception_variable (identifier) @local)

(call
  method: (identifier) @keyword
  arguments: (argument_list . (string (string_content) @import.whole))
  (#set! keyword "require require_relative load")) @import
