using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Viaduct.Pci.Tests")]
