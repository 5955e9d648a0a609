using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Viaduct.Supervisor.Tests")]
