* Made the pspp.* files with GNU PSPP 1.6.2: pspp make.sps.
DATA LIST LIST (",") NOTABLE
  /usubjid (A5) age (F5.1) arm (F1.0) ecog (F2.0) grade (A1) entry (DATE11) seen (DATETIME20) lab (F8.2).
BEGIN DATA.
X-01,61.5,1,0,a,28-FEB-2024,28-FEB-2024 10:30:00,0.25
X-02,70,2,1,b,,28-FEB-2024 11:30:00,-1
X-03,,3,9,?,01-MAR-2024,,999
X-04,55,1,8,a,31-DEC-1899,01-JAN-1960 00:00:00,998.5
X-05,-48.25,,2,,29-FEB-2000,31-DEC-2024 23:59:59,123456.75
END DATA.
VARIABLE LABELS age "Age at entry"
  /arm "Treatment" /ecog "ECOG performance status".
VALUE LABELS arm 1 "TAE" 2 "TACE" 3 "SIRT"
  /ecog 0 "None" 1 "Mild" 2 "Severe" 8 "Refused" 9 "Unknown"
  /grade "a" "low" "b" "high" "?" "not graded".
MISSING VALUES ecog (8, 9)
  /grade ("?") /lab (998 THRU 200000, -1).
EXPORT OUTFILE="pspp.por".
SAVE OUTFILE="pspp.zsav"
  /ZCOMPRESSED.
SAVE OUTFILE="pspp.sav"
  /UNCOMPRESSED.
