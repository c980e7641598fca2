# Made openpyxl.xlsx with Python, openpyxl 3.0.9: python3 make.py
import openpyxl, datetime as d
from openpyxl.styles import PatternFill
wb=openpyxl.Workbook(); ws=wb.active; ws.title="Patients"
ws.append(["id","age","arm","visit","seen","ok","score","note"])
for i in range(12):
    ws.append([f"P{i:02}",50+i,["TAE","TACE","SIRT"][i%3],d.date(2024,1,1+i),d.datetime(2024,1,1+i,10,30),i%2==0,i+.5,None if i==3 else f"n{i}"])
ws["B5"]="n/a"; ws["G4"]="=1/0"; ws["H5"]="=SUM(B2:B3)"
ws["B7"].fill=PatternFill("solid",fgColor="FFFF00")
ws.merge_cells("C8:C9")
h=wb.create_sheet("Codes"); h.sheet_state="hidden"; h.append(["a"])
o=wb.create_sheet("Other"); o["B3"]="x"; o["C3"]="y"; o["B4"]=1; o["C4"]=2
wb.save("openpyxl.xlsx")
