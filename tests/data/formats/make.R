# Made the haven.* files with R 4.2.2, haven 2.5.1: Rscript make.R
suppressMessages(library(haven))
set.seed(1)
n <- 9
d <- data.frame(
  usubjid = sprintf("X-%02d", 1:n),
  age = c(61.5, 70, NA, 55, 48, 66, 72, 59, 64),
  visits = c(1,2,3,4,5,6,7,8,9))
d$arm <- labelled(c(1,2,3,1,2,3,1,2,NA), c(TAE=1,TACE=2,SIRT=3), label="Treatment")
attr(d$age,"label") <- "Age at entry"
d$entry <- as.Date("2024-02-28") + 0:8; d$entry[2] <- NA
d$seen <- as.POSIXct("2024-02-28 10:30:00", tz="UTC") + (0:8)*3600
s <- d
s$ecog <- labelled_spss(c(0,1,9,2,8,1,0,9,1), c(None=0,Mild=1,Severe=2,Refused=8,Unknown=9), na_values=c(8,9), label="ECOG")
s$part <- labelled(c(0,1,2,3,0,1,2,3,99), c(Zero=0, Missing=99))
write_sav(s, "haven.sav"); write_sav(s, "haven.zsav", compress="zsav")
t <- d
t$ecog <- labelled(c(0,1,tagged_na("a"),2,tagged_na("b"),1,0,tagged_na("a"),1), c(None=0,Mild=1,Severe=2,Refused=tagged_na("a")))
write_dta(t, "haven.dta", version=14)
x <- d; x$arm <- as.character(as_factor(d$arm)); x$grade <- c(1, tagged_na("A"), tagged_na("Z"), 2,3,1,1,2,3)
write_xpt(x, "haven.xpt", version=5, name="ADSL")
