namespace Viaduct.Devices.Tests.Infrastructure;

/// <summary>Where the documents are.</summary>
internal static class Repository
{
    public static string Root
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder!.FullName, "Viaduct.slnx")))
            {
                folder = folder.Parent;
            }

            return folder.FullName;
        }
    }
}
