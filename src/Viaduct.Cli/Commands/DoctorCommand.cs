using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using Viaduct.Cli.Doctor;
using Viaduct.Cli.Output;

namespace Viaduct.Cli.Commands;

/// <summary><c>viaduct doctor</c>.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON, for programs to read." };
        var command = new Command("doctor", "Check whether programs can run here, and say what to do if not. Exit status: 0 if they can.") { json };
        command.SetAction(result => Show(Diagnosis.Run(), result.GetValue(json)));
        return command;
    }

    private static int Show(IReadOnlyList<Check> checks, bool json)
    {
        if (json)
        {
            WriteJson(checks);
        }
        else
        {
            WriteTable(checks);
        }

        return checks.Any(c => c.Verdict == CheckVerdict.Failed) ? ExitCodes.Failed : ExitCodes.Success;
    }

    private static void WriteTable(IReadOnlyList<Check> checks)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("", "check", "found");
        foreach (var check in checks)
        {
            table.AddRow(Mark(check.Verdict), Markup.Escape(check.Name), Markup.Escape(check.Found));
        }

        Screen.Output().Write(table);
        foreach (var check in checks.Where(c => c.Fix.Length > 0))
        {
            Console.WriteLine($"fix {check.Name}: {check.Fix}");
        }

        Console.WriteLine(checks.Any(c => c.Verdict == CheckVerdict.Failed)
            ? "'viaduct run' does not work here yet."
            : "'viaduct run' works here.");
    }

    private static void WriteJson(IReadOnlyList<Check> checks)
    {
        using var stream = Console.OpenStandardOutput();
        using var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        writer.WriteStartArray();
        foreach (var check in checks)
        {
            writer.WriteStartObject();
            writer.WriteString("check", check.Name);
            writer.WriteString("verdict", check.Verdict.ToString().ToLowerInvariant());
            writer.WriteString("found", check.Found);
            writer.WriteString("fix", check.Fix);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static string Mark(CheckVerdict verdict) => verdict switch
    {
        CheckVerdict.Ok => "[green]ok[/]",
        CheckVerdict.Warning => "[yellow]note[/]",
        _ => "[red]no[/]",
    };
}
