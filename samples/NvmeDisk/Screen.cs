using Spectre.Console;

namespace NvmeDisk;

/// <summary>How this program shows things: data on stdout, talk and progress on stderr.</summary>
internal static class Screen
{
    private static readonly string[] s_units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    internal static IAnsiConsole Out => AnsiConsole.Console;

    internal static IAnsiConsole Error { get; } = AnsiConsole.Create(
        new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    internal static Table Table(params string[] columns)
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (var column in columns)
        {
            var isFirst = table.Columns.Count == 0;
            var cells = new TableColumn(Markup.Escape(column));
            table.AddColumn(isFirst ? cells.NoWrap() : cells);
        }

        return table;
    }

    /// <summary>A number of bytes for people, to four digits.</summary>
    internal static string Bytes(double value)
    {
        var unit = 0;
        while (value >= 1024 && unit < s_units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return $"{value:0.###} {s_units[unit]}";
    }

    internal static string Time(TimeSpan value) => value.TotalMilliseconds switch
    {
        >= 1000 => $"{value.TotalSeconds:0.00} s",
        >= 1 => $"{value.TotalMilliseconds:0.00} ms",
        _ => $"{value.TotalMicroseconds:0.0} us",
    };
}
