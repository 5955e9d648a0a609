using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Viaduct.Vfio.Tests")]
