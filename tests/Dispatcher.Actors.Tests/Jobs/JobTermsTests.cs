using System.Collections.Immutable;
using Dispatcher.Jobs;
using static Dispatcher.Actors.Tests.Jobs.JobSpecification;

namespace Dispatcher.Actors.Tests.Jobs;

public sealed class JobTermsTests
{
    private static readonly IReadOnlyList<string> Name = ["talk-video"];

    [Fact]
    public void Terms_AreTheSharedListOfTheName_WhenAJobHasNothingElse() => Assert.Same(Name, JobTerms.Of(Spec(), Name));

    [Fact]
    public void Terms_AreNamePairsKeysAndWords_InLowerCaseEachOnce()
    {
        var spec = Spec() with { Labels = Labels(("Team", "Video Cut"), ("what", "cut")), IdempotencyKey = "Order-7", CorrelationId = "c-1" };
        Assert.Equal(["talk-video", "team=video cut", "what=cut", "order-7", "c-1", "video", "cut"], JobTerms.Of(spec, Name));
    }

    [Fact]
    public void Terms_HoldAllLabelsAndKeys_HoweverManyWordsThereAre()
    {
        var labels = Enumerable.Range(0, JobLimits.Labels).Select(i => ($"label{i:00}", $"many words of {i}")).ToArray();
        var terms = JobTerms.Of(Spec() with { Labels = Labels(labels), IdempotencyKey = "key", CorrelationId = "correlation" }, Name);
        Assert.Equal(JobTerms.Limit, terms.Count);
        Assert.All(labels, label => Assert.Contains($"{label.Item1}={label.Item2}", terms));
        Assert.Contains("key", terms);
        Assert.Contains("correlation", terms);
    }

    [Fact]
    public void Terms_AreCut_AsASearchCutsThem()
    {
        var spec = Spec() with { Labels = Labels((new string('k', JobLimits.LabelCharacters), new string('v', JobLimits.LabelCharacters))) };
        var term = JobTerms.Of(spec, Name)[1];
        Assert.Equal(JobTerms.LimitCharacters, term.Length);
        Assert.Equal(term, JobTerms.Spell($"{new string('K', JobLimits.LabelCharacters)}={new string('V', JobLimits.LabelCharacters)}"));
    }

    private static ImmutableSortedDictionary<string, string> Labels(params (string Key, string Value)[] labels) =>
        labels.ToImmutableSortedDictionary(label => label.Key, label => label.Value, StringComparer.Ordinal);
}
