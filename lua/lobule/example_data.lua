--- Data for examples: 48 invented patients with liver metastases, treated by embolization.
local core = require "lobule.core"
local files = require "lobule.cohort"

local TEXT <const> = [[
id,arm,age,sex,primary,liver,ecog,cga,months,progressed
1,SIRT,54,m,intestine,72,0,62,2.4,true
2,SIRT,45,f,other,26,1,241,0.6,true
3,TAE,61,f,intestine,57,0,130,13.1,true
4,TAE,78,f,other,79,0,141,1.1,true
5,TACE,58,m,intestine,30,1,1278,1.0,true
6,TAE,65,f,intestine,12,0,918,11.2,true
7,TAE,76,m,intestine,24,0,85,1.4,true
8,TAE,63,m,intestine,40,1,95,6.5,true
9,TACE,82,m,pancreas,43,1,112,1.2,true
10,TAE,58,m,intestine,42,1,165,21.9,false
11,SIRT,55,f,pancreas,58,1,715,5.4,true
12,SIRT,66,f,pancreas,54,1,93,0.3,true
13,TACE,61,f,intestine,28,1,526,4.6,true
14,TACE,71,m,pancreas,54,0,249,2.1,true
15,TAE,61,m,intestine,20,2,152,10.3,true
16,TACE,63,f,other,45,0,496,25.2,false
17,SIRT,71,m,intestine,35,1,,30.0,true
18,TAE,54,m,intestine,68,0,228,13.8,false
19,SIRT,55,m,intestine,30,0,780,7.0,true
20,TAE,67,m,other,70,1,454,6.7,true
21,TAE,61,m,pancreas,13,0,267,1.1,true
22,TAE,69,f,intestine,25,0,439,3.9,true
23,TACE,58,m,other,30,0,262,1.9,true
24,SIRT,62,m,intestine,51,1,252,17.9,true
25,SIRT,56,m,pancreas,60,2,53,14.6,false
26,TAE,60,m,intestine,7,0,97,20.1,true
27,TACE,64,f,intestine,26,0,90,28.3,true
28,TACE,46,m,pancreas,55,0,1708,1.2,true
29,SIRT,66,m,intestine,34,1,399,17.8,true
30,TACE,61,m,pancreas,44,1,1256,8.7,true
31,SIRT,68,m,intestine,6,2,131,21.2,false
32,TAE,58,f,intestine,28,0,140,10.2,true
33,TAE,65,f,intestine,20,0,240,9.2,true
34,TACE,72,m,pancreas,53,1,,0.1,true
35,TAE,63,m,intestine,22,0,281,18.3,true
36,TAE,76,f,pancreas,48,0,230,12.5,false
37,TAE,61,m,intestine,15,0,647,25.1,true
38,TAE,56,m,intestine,37,1,489,14.1,true
39,SIRT,59,m,intestine,6,0,211,8.4,true
40,TACE,53,m,intestine,14,0,155,23.0,false
41,TACE,66,m,intestine,17,1,788,1.1,true
42,TAE,50,f,intestine,19,0,223,22.7,true
43,TACE,65,m,intestine,17,1,602,8.6,true
44,TAE,39,f,intestine,14,1,840,21.1,true
45,TACE,76,m,intestine,42,2,,12.8,true
46,TAE,65,m,pancreas,39,2,246,15.8,false
47,TAE,58,f,intestine,53,1,800,2.7,true
48,SIRT,50,f,intestine,30,0,286,17.6,false
]]

local LABELS <const> = { arm = "Treatment", age = { "Age", unit = "years" }, sex = "Sex",
  primary = "Primary tumour", liver = { "Liver involvement", unit = "%" },
  ecog = "ECOG performance status", cga = { "Chromogranin A", unit = "ng/mL" },
  months = { "Progression-free survival", unit = "months" }, progressed = "Progressed" }

return function()
  local frame = core.parse_csv(TEXT, "example data", { types = { arm = "factor", sex = "factor",
    primary = "factor" } })
  return files.cohort(frame, { id = "id" }):label(LABELS):relevel("arm", "TAE")
end
