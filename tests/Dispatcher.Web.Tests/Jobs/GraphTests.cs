using System.Net;
using Dispatcher.Web.Jobs.Graphs;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Jobs;

/// <summary>GET /jobs/{id}/graph.</summary>
public sealed class GraphTests : ServiceTest
{
    private const string Long =
        """
        name: long
        version: 1
        approval: required
        steps:
          - id: a
            uses: noop
            estimated_duration: 10m
          - id: b
            uses: noop
            estimated_duration: 30m
            needs: [a]
          - id: c
            uses: noop
            estimated_duration: 20m
            needs: [a]
        """;

    [Fact]
    public async Task Graph_GivesAllJobsThatHangTogether_FromAnyOfThem()
    {
        await Api.Register(Support.Workflows.Guarded);
        await Api.Register(Long);
        var batch = await Api.Post("/jobs:batch", """
            {"jobs":[
              {"workflow":"guarded"},
              {"workflow":"long","depends_on":["#0"]},
              {"workflow":"guarded","depends_on":["#0"]},
              {"workflow":"guarded","depends_on":["#1","#2"]},
              {"workflow":"guarded"}
            ]}
            """);
        var ids = batch.At("results").EnumerateArray().Select(result => result.GetProperty("job").GetProperty("id").GetString()!).ToList();

        foreach (var id in ids.Take(4))
        {
            var graph = await Api.Get($"/jobs/{id}/graph");
            Assert.Equal(id, graph.Text("nodes.0.id"));
            Assert.Equal(ids.Take(4).Order(StringComparer.Ordinal), Strings(graph, "nodes", "id").Order(StringComparer.Ordinal));
            Assert.Equal(
                new[] { $"{ids[0]} {ids[1]}", $"{ids[0]} {ids[2]}", $"{ids[1]} {ids[3]}", $"{ids[2]} {ids[3]}" }.Order(StringComparer.Ordinal),
                Strings(graph, "edges", "from").Zip(Strings(graph, "edges", "to"), (from, to) => $"{from} {to}").Order(StringComparer.Ordinal));
            Assert.Equal([ids[0], ids[1], ids[3]], graph.At("critical_path").EnumerateArray().Select(node => node.GetString()));
            Assert.False(graph.At("more").GetBoolean());
        }

        var alone = await Api.Get($"/jobs/{ids[4]}/graph");
        Assert.Equal([ids[4]], Strings(alone, "nodes", "id"));
        Assert.Equal(40 * 60 * 1000, (await Api.Get($"/jobs/{ids[1]}/graph")).Number("nodes.0.estimated_ms"));
    }

    [Fact]
    public async Task Graph_EndsAtAThousandJobs_AndSaysSo()
    {
        await Api.Register(Support.Workflows.Guarded);
        var root = await Api.Create("""{"workflow":"guarded"}""");
        var leaves = string.Join(',', Enumerable.Repeat($$"""{"workflow":"guarded","depends_on":["{{root}}"]}""", 1000));
        Assert.Equal(HttpStatusCode.MultiStatus, (await Api.Post("/jobs:batch", $$"""{"jobs":[{{leaves}}]}""")).Status);

        var graph = await Api.Get($"/jobs/{root}/graph");

        Assert.Equal((1000, 999), (graph.At("nodes").GetArrayLength(), graph.At("edges").GetArrayLength()));
        Assert.True(graph.At("more").GetBoolean());
    }

    [Fact]
    public void CriticalPath_IsTheLongestChain_HoweverLong()
    {
        var weights = Enumerable.Range(0, 100_000).ToDictionary(n => n, _ => 1L);
        var dependencies = Enumerable.Range(1, 99_999).ToLookup(n => n, n => n - 1);

        var (path, milliseconds) = CriticalPath.Of(weights, dependencies);

        Assert.Equal((100_000, 100_000L), (path.Count, milliseconds));
        Assert.Equal(weights.Keys, path);
    }

    private static IEnumerable<string> Strings(Answer graph, string list, string field) => graph.At(list).EnumerateArray().Select(item => item.GetProperty(field).GetString()!);
}
