using System.Collections.Immutable;
using Dispatcher.Jobs;
using static Dispatcher.Actors.Tests.Jobs.JobSpecification;

namespace Dispatcher.Actors.Tests.Jobs;

public sealed class JobFingerprintTests
{
    private static readonly JobSpec Asked = Spec() with
    {
        Input = Json("""{"a":1,"b":{"c":"ä","d":[1,2]}}"""),
        Labels = ImmutableSortedDictionary<string, string>.Empty.Add("team", "video").Add("Team", "x"),
        StartAt = T(60),
        DependsOn = [Id],
    };

    [Fact]
    public void Fingerprint_IsTheSame_HoweverTheRequestIsSpelt()
    {
        var respelt = Asked with
        {
            Input = Json("""{ "b": {"d": [1, 2], "c": "\u00e4"}, "a": 1 }"""),
            StartAt = T(60).ToOffset(TimeSpan.FromHours(5)),
            CorrelationId = "another",
            TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        };
        Assert.Equal(Asked.Fingerprint(), respelt.Fingerprint());
        Assert.Equal(64, Asked.Fingerprint().Length);
        Assert.Equal(Spec().Fingerprint(), (Spec() with { Input = Json("null") }).Fingerprint());
    }

    public static TheoryData<JobSpec> Others => new(
        Asked with { Tenant = "other" },
        Asked with { Workflow = Asked.Workflow with { Version = 2 } },
        Asked with { Input = Json("""{"a":2,"b":{"c":"ä","d":[1,2]}}""") },
        Asked with { Input = Json("""{"a":1,"b":{"c":"ä","d":[2,1]}}""") },
        Asked with { Input = null },
        Asked with { Priority = 1 },
        Asked with { Labels = null },
        Asked with { StartAt = T(61) },
        Asked with { DependsOn = null },
        Asked with { OnDependencyFailure = DependencyPolicy.Run },
        Asked with { Callback = new CallbackSpec("https://example.org") },
        Asked with { Parent = new ParentReference(Id, "a", null) });

    [Theory]
    [MemberData(nameof(Others))]
    public void Fingerprint_Differs_WhenAnythingElseDoes(JobSpec other) => Assert.NotEqual(Asked.Fingerprint(), other.Fingerprint());
}
