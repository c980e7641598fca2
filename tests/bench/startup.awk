# startup.awk - the start-up lines of a run as sentences: median over runs of new processes, taken in turn.
#   awk -f json.awk -f startup.awk compare.json
/"task": *"startup_/ { if (g("wall_med") == "") next; t = g("task"); if (!(t in text)) order[++n] = t
  text[t] = text[t] (text[t] == "" ? "" : ", ") sprintf("%s %.2f ms (shortest %.2f, %d runs)", g("peer"), 1000 * g("wall_med"), 1000 * g("wall_min"), g("reps")) }
END { title["startup_empty"] = "Empty program (`-e \"\"`)"; title["startup_km_lung"] = "Greeting, lung table, Kaplan-Meier by sex"
  if (n) print "Start-up, new process, files in the page cache, median:\n"
  for (i = n; i >= 1; i--) if (order[i] in title) print "- " title[order[i]] ": " text[order[i]]
  if (n) print "" }
