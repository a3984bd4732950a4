//! Starts, feeds, bounds and kills workers; checks every answer.
