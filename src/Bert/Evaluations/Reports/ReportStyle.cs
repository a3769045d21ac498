namespace BareBert.Bert.Evaluations;

/// <summary>The report's style sheet: light and dark, wide and narrow, and for print; no font, image or script from anywhere.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root {
          color-scheme: light dark;
          --page: #f7f7f5; --card: #fdfdfc; --ink: #16161a; --soft: #5b5a56; --line: #e2e1dc; --grid: #ecebe6;
          --cell: #2a78d6; --on-cell: #ffffff; --accent: #1f5fae; --changed: #eef4fc;
          --series-1: #2a78d6; --series-2: #eb6834; --series-3: #1baf7a; --series-4: #eda100;
          --series-5: #4a3aa7; --series-6: #e34948; --series-7: #e87ba4; --series-8: #008300;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #131312; --card: #1b1b1a; --ink: #f3f2ee; --soft: #b3b1a8; --line: #363531; --grid: #2a2926;
            --cell: #5b9ff0; --on-cell: #0b0b0b; --accent: #8fbdf5; --changed: #1d2735;
            --series-1: #3987e5; --series-2: #d95926; --series-3: #199e70; --series-4: #c98500;
            --series-5: #9085e9; --series-6: #e66767; --series-7: #d55181; --series-8: #3aa53a;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
        main { max-width: 1040px; margin: 0 auto; padding: 40px 20px 64px; }
        h1 { font-size: 28px; line-height: 1.2; margin: 0; letter-spacing: -0.01em; overflow-wrap: anywhere; }
        h2 { font-size: 17px; margin: 44px 0 12px; }
        .subtitle { color: var(--soft); margin: 6px 0 0; overflow-wrap: anywhere; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(160px, 1fr)); gap: 12px; margin: 28px 0 0; padding: 0; }
        .tile, figure, .table, .notices { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
        .tile { padding: 12px 14px; }
        .tile dt { color: var(--soft); font-size: 13px; }
        .tile dd { margin: 2px 0 0; font-size: 21px; line-height: 1.3; font-weight: 600; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
        .notices { margin: 16px 0 0; padding: 10px 16px 10px 34px; color: var(--soft); }
        .charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 420px), 1fr)); gap: 16px; align-items: start; }
        figure { margin: 0; padding: 14px 16px 12px; min-width: 0; }
        figcaption { font-weight: 600; margin-bottom: 8px; }
        svg { display: block; width: 100%; height: auto; overflow: visible; }
        figure.square svg { margin: 0 auto; }
        svg text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; fill: var(--ink); }
        svg .tick { fill: var(--soft); font-variant-numeric: tabular-nums; }
        svg .label { fill: var(--soft); }
        .grid { stroke: var(--grid); }
        .axis { stroke: var(--soft); stroke-opacity: .6; }
        .curve { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
        .fine { stroke-width: 1.2; }
        .reference { stroke: var(--soft); stroke-dasharray: 5 4; stroke-width: 1.5; }
        .dot { stroke: var(--card); stroke-width: 1.5; }
        .hit { fill: transparent; }
        .point:hover .hit { fill: var(--ink); fill-opacity: .12; }
        .cell { fill: var(--cell); }
        .cell-back { fill: var(--card); }
        svg .in-cell, svg .on-cell { font-weight: 600; font-size: 14px; }
        svg .on-cell { fill: var(--on-cell); }
        svg .small { font-weight: 400; font-size: 12px; }
        .legend { display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; margin: 8px 0 0; padding: 0; font-size: 13px; color: var(--soft); }
        .key { display: inline-block; width: 18px; border-top: 3px solid; border-radius: 2px; vertical-align: middle; margin-right: 7px; }
        .key.dashed { border-top: 2px dashed var(--soft); border-radius: 0; }
        .note { color: var(--soft); font-size: 13px; margin: 8px 0 0; }
        .table { overflow-x: auto; width: fit-content; min-width: min(100%, 480px); max-width: 100%; }
        /* A shadow at an edge that there is more behind. */
        .table {
          background: linear-gradient(90deg, var(--card) 30%, transparent) left / 40px 100% no-repeat local, linear-gradient(270deg, var(--card) 30%, transparent) right / 40px 100% no-repeat local,
            linear-gradient(90deg, var(--line), transparent) left / 14px 100% no-repeat scroll, linear-gradient(270deg, var(--line), transparent) right / 14px 100% no-repeat scroll, var(--card);
        }
        .columns .table, .table.wide { width: 100%; min-width: 0; }
        table { border-collapse: collapse; width: 100%; }
        th, td { padding: 7px 14px; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
        thead th { border-top: 0; color: var(--soft); font-weight: 500; font-size: 13px; white-space: nowrap; }
        thead + tbody tr:first-child > * { border-top: 1px solid var(--line); }
        .pairs tr:first-child > * { border-top: 0; }
        .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .pairs th { font-weight: 400; color: var(--soft); width: 34%; }
        .pairs td, .text { overflow-wrap: anywhere; }
        .text { min-width: 180px; }
        .said { white-space: nowrap; }
        .changed td { background: var(--changed); }
        .changed td:last-child { font-weight: 600; color: var(--accent); }
        .columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); gap: 0 16px; align-items: start; }
        footer { margin-top: 48px; color: var(--soft); font-size: 13px; }
        @media (max-width: 560px) {
          main { padding: 24px 14px 48px; }
          h1 { font-size: 23px; }
          .tiles { grid-template-columns: repeat(2, 1fr); }
          .tile dd { font-size: 19px; }
          figure { padding: 12px 10px; }
          th, td { padding: 6px 10px; }
          .text { min-width: 0; width: 46%; }
          .said, thead th.said { white-space: normal; }
        }
        @media print { body { background: none; } .tile, figure, .table { break-inside: avoid; } }
        """;
}
