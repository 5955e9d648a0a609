using System.Diagnostics;

namespace Viaduct.Abi.Tests.Infrastructure;

/// <summary>The kernel headers of this machine: those in VIADUCT_UAPI_HEADERS (the usr/include of an unpacked
/// linux-libc-dev), else /usr/include.</summary>
internal static class FreshHeaders
{
    public static string Folder =>
        Environment.GetEnvironmentVariable("VIADUCT_UAPI_HEADERS") is { Length: > 0 } folder ? folder : "/usr/include";

    private static string Compiler => Environment.GetEnvironmentVariable("CC") is { Length: > 0 } cc ? cc : "cc";

    /// <summary>Null where a table can be made here, else the reason why not.</summary>
    public static string? WhyNot()
    {
        if (!OnPath(Compiler))
        {
            return $"no C compiler: {Compiler} is not on the path";
        }

        var pinned = HeaderTable.Pinned.Kernel;
        if (Kernel() is not { } kernel || kernel < new Version(pinned.Major, pinned.Minor))
        {
            return $"the kernel headers in {Folder} are older than {pinned.Major}.{pinned.Minor}; " +
                "set VIADUCT_UAPI_HEADERS to newer ones";
        }

        return Directory.Exists(Path.Combine(Folder, "powerpc64le-linux-gnu", "asm"))
            ? null
            : $"{Folder} has no powerpc64le-linux-gnu/asm, as Debian's linux-libc-dev has";
    }

    /// <summary>Runs generate.sh.</summary>
    public static HeaderTable Generate()
    {
        var start = new ProcessStartInfo("sh", [Path.Combine(HeaderTable.Folder, "generate.sh"), "-I", Folder])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return new HeaderTable(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static bool OnPath(string program) =>
        Path.IsPathRooted(program)
            ? File.Exists(program)
            : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
                .Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, program)));

    private static Version? Kernel()
    {
        var header = Path.Combine(Folder, "linux", "version.h");
        if (!File.Exists(header))
        {
            return null;
        }

        var numbers = File.ReadLines(header).Select(line => line.Split(' '))
            .Where(words => words is ["#define", _, _])
            .ToDictionary(words => words[1], words => words[2]);
        return new Version(
            int.Parse(numbers["LINUX_VERSION_MAJOR"]), int.Parse(numbers["LINUX_VERSION_PATCHLEVEL"]));
    }
}
