using System.Globalization;
using System.Text;

namespace Viaduct.Fuzz;

/// <summary>Where every thread of a hanging supervisor and of all that runs under it is.</summary>
internal static class ProcessDump
{
    private static readonly string[] s_files = ["comm", "syscall", "wchan", "stack"];

    /// <summary>Describes a process and its descendants.</summary>
    public static string Of(int process)
    {
        var text = new StringBuilder();
        Append(text, process);
        return text.ToString();
    }

    private static void Append(StringBuilder text, int process)
    {
        string[] tasks;
        try
        {
            tasks = Directory.GetDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/task"));
        }
        catch (DirectoryNotFoundException)
        {
            return;
        }

        foreach (var task in tasks)
        {
            text.Append(CultureInfo.InvariantCulture, $"{process} {Path.GetFileName(task)}:");
            foreach (var name in s_files)
            {
                text.Append(' ').Append(Read($"{task}/{name}").Trim().ReplaceLineEndings(" | "));
            }

            text.Append(' ').AppendLine(Read($"{task}/status").Split('\n').FirstOrDefault(l => l.StartsWith("State:", StringComparison.Ordinal)));
        }

        foreach (var child in tasks.SelectMany(t => Read($"{t}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)))
        {
            Append(text, int.Parse(child, CultureInfo.InvariantCulture));
        }
    }

    // Some need privilege, and threads end: what cannot be read is left out.
    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "-";
        }
    }
}
