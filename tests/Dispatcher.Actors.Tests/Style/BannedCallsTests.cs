using System.Text.RegularExpressions;

namespace Dispatcher.Actors.Tests.Style;

/// <summary>
/// Time, chance and threads come in through the edges (docs/decisions/0001-simulation-seam.md). The compiler refuses the calls too
/// (BannedSymbols.txt); this test sees files in which somebody switched that off.
/// </summary>
public sealed partial class BannedCallsTests
{
    private static readonly string[] Folders = ["src", "tests", "bench"];

    /// <summary>The folders of the engine: every continuation comes back to the kernel's scheduler.</summary>
    private static readonly string[] Engine = ["Jobs", "Workflows", "Kernel", "Sharding", "Steps", "JobActors", "Coordination", "Feed"];

    /// <summary>Edges that touch the outside run where they like.</summary>
    private static readonly string[] Edges = ["Steps/Processes/", "Steps/Artifacts/", "Steps/Handlers/", "Store/"];

    [Fact]
    public void ClocksChanceAndThreads_AreNotCalledDirectly() => Repository.AssertNone(
        from file in Folders.SelectMany(Repository.Sources)
        from Match match in Banned().Matches(Repository.Code(file))
        select $"{file}: {match.Value}");

    [Fact]
    public void EngineCode_StaysOnItsScheduler() => Repository.AssertNone(
        from folder in Engine
        where Directory.Exists(Repository.PathOf($"src/Dispatcher.Actors/{folder}"))
        from file in Repository.Sources($"src/Dispatcher.Actors/{folder}")
        where !Edges.Any(edge => file.StartsWith($"src/Dispatcher.Actors/{edge}", StringComparison.Ordinal))
        where LeavesScheduler().IsMatch(Repository.Code(file))
        select file);

    [Fact]
    public void Sources_HaveNoUnfinishedWork_AndTestsAreNotSkipped() => Repository.AssertNone(
        from file in Folders.SelectMany(Repository.Sources)
        where !file.Contains("/Style/", StringComparison.Ordinal)
        from Match match in Unfinished().Matches(Repository.Read(file))
        select $"{file}: {match.Value}");

    [GeneratedRegex(@"\bDateTime(Offset)?\s*\.\s*(UtcNow|Now|Today)\b|\bThread\s*\.\s*Sleep\b|\bTask\s*\.\s*Run\b|\bRandom\s*\.\s*Shared\b|\bGuid\s*\.\s*(NewGuid|CreateVersion7)\s*\(\s*\)|\bTask\s*\.\s*Delay\s*\([^,;]*\)\s*;", RegexOptions.ExplicitCapture)]
    private static partial Regex Banned();

    [GeneratedRegex(@"ConfigureAwait\s*\(\s*false\s*\)|\bTask\s*\.\s*Factory\b|\bnew\s+(Thread|Timer)\s*\(")]
    private static partial Regex LeavesScheduler();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|\bSkip\s*=\s*""")]
    private static partial Regex Unfinished();
}
