return function() return "fresh" end
