(attribute
  (attribute_name) @keyword (quoted_attribute_value (attribute_value) @reference.words)
  (#set! keyword "class for"))

(script_element
  (start_tag
    (attribute (attribute_name) @keyword (quoted_attribute_value (attribute_value) @import.whole)))
  (#set! keyword "src")) @import
(start_tag
  (tag_name) @tag
  (attribute (attribute_name) @keyword (quoted_attribute_value (attribute_value) @import.whole))
  (#set! tag "link")
  (#set! keyword "href")) @import
