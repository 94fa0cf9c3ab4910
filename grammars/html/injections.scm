; What a tag says of its text's language counts before what is usual.
(script_element
  (start_tag
    (attribute
      (attribute_name) @keyword (quoted_attribute_value (attribute_value) @injection.language)))
  (raw_text) @injection.content
  (#set! keyword "lang"))
(script_element
  (start_tag (attribute (attribute_name) @keyword (attribute_value) @injection.language))
  (raw_text) @injection.content
  (#set! keyword "lang"))
(script_element
  (start_tag
    (attribute
      (attribute_name) @keyword (quoted_attribute_value (attribute_value) @injection.language)))
  (raw_text) @injection.content
  (#set! keyword "type"))
(script_element
  (start_tag (attribute (attribute_name) @keyword (attribute_value) @injection.language))
  (raw_text) @injection.content
  (#set! keyword "type"))
(script_element (raw_text) @injection.content (#set! injection.language "javascript"))

(style_element
  (start_tag
    (attribute
      (attribute_name) @keyword (quoted_attribute_value (attribute_value) @injection.language)))
  (raw_text) @injection.content
  (#set! keyword "lang type"))
(style_element
  (start_tag (attribute (attribute_name) @keyword (attribute_value) @injection.language))
  (raw_text) @injection.content
  (#set! keyword "lang type"))
(style_element (raw_text) @injection.content (#set! injection.language "css"))
