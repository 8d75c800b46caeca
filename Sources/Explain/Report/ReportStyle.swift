/// How the page looks, by day and by night, from a phone's width up. The colours of methods are those of M. Okabe and K. Ito,
/// "Color Universal Design", 2008, which people with any kind of colour vision tell apart.
let reportStyle: StaticString = """
  :root{color-scheme:light dark;--ground:#fff;--ink:#1c1f24;--dim:#5b626d;--line:#d9dce1;--mark:#e8f3ec;--best:#11683a;
  --c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#cc79a7;--c4:#e69f00;--c5:var(--ink)}
  @media(prefers-color-scheme:dark){:root{--ground:#16181d;--ink:#e8eaed;--dim:#a0a7b2;--line:#363b45;--mark:#1c3527;
  --best:#7fd6a4;--c0:#56b4e9}}
  *{box-sizing:border-box}
  body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
  main{max-width:72rem;margin:0 auto;padding:1rem}
  h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0 1rem;overflow-wrap:anywhere}
  h2{font-size:1.2rem;margin:2.2rem 0 .6rem;padding-top:.6rem;border-top:1px solid var(--line)}
  h3{font-size:1rem;margin:1rem 0 .4rem;font-weight:600}
  .file{font-weight:400;font-size:.85rem;color:var(--dim);overflow-wrap:anywhere}
  .note{color:var(--dim);font-size:.9rem;margin:.4rem 0}
  dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:.5rem 0;font-size:.95rem}
  dt{color:var(--dim)} dd{margin:0;overflow-wrap:anywhere}
  summary{cursor:pointer;padding:.3rem 0}
  .scroll{overflow-x:auto;max-width:100%}
  table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
  th,td{padding:.35rem .5rem;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}
  th[scope=row],thead th:first-child{text-align:left;position:sticky;left:0;background:var(--ground)}
  .warnings{margin:.6rem 0;padding:.5rem .8rem .5rem 2rem;border-left:4px solid var(--c1)}
  .wrong{color:var(--c1);font-weight:600}
  .example{display:inline-block;vertical-align:top;width:min(100%,21rem);margin:.4rem .8rem .6rem 0}
  .mistake{width:min(100%,31rem);border-left:4px solid var(--c1);padding-left:.6rem}
  .example p{margin:.1rem 0}
  .best{background:var(--mark);color:var(--best)}
  figure{margin:0}
  .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1rem 2rem}
  .chart{max-width:38rem}
  .chart svg{display:block;width:100%;height:auto}
  svg text{font:11.5px system-ui,sans-serif;fill:var(--ink)}
  .grid{stroke:var(--line);stroke-width:1} .axis{stroke:var(--dim);stroke-width:1}
  .curve{fill:none;stroke-width:2} .d1{stroke-dasharray:6 3} .d2{stroke-dasharray:2 3} .dot{stroke-dasharray:none}
  .leader{stroke:var(--dim);stroke-width:.7}
  .c0{stroke:var(--c0)} .c1{stroke:var(--c1)} .c2{stroke:var(--c2)} .c3{stroke:var(--c3)} .c4{stroke:var(--c4)}
  .c5{stroke:var(--c5)}
  .dot.c0{fill:var(--c0)} .dot.c1{fill:var(--c1)} .dot.c2{fill:var(--c2)} .dot.c3{fill:var(--c3)} .dot.c4{fill:var(--c4)}
  .dot.c5{fill:var(--c5)} .dot.d1,.dot.d2{fill:var(--ground);stroke-width:2}
  .legend{list-style:none;margin:.6rem 0;padding:0;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;font-size:.9rem}
  .legend svg{vertical-align:middle;margin-right:.4rem}
  .tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(7rem,1fr));gap:.6rem;max-width:100%}
  .tiles figure{max-width:10rem}
  .tiles img{display:block;width:100%;height:auto;border-radius:4px}
  figcaption{font-size:.8rem;line-height:1.35;margin-top:.2rem;overflow-wrap:anywhere}
  .remark{display:block;color:var(--dim)}
  .worst{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,17rem),1fr));gap:.5rem 1.5rem;padding-left:1.5rem}
  @media(max-width:30rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.4rem}.tiles{grid-template-columns:repeat(auto-fill,minmax(6rem,1fr))}}
  """
