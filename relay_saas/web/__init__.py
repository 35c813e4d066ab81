"""What every page and every API answer share: errors, paging, policy headers, request ids, form fields."""
