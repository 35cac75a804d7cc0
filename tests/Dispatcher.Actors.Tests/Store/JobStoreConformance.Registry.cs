using Dispatcher.Store;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store;

/// <summary>The registry: names and versions are a tenant's, definitions are everybody's by their hash.</summary>
public abstract partial class JobStoreConformance
{
    [Fact]
    public async Task RegisterWorkflow_KeepsTenantsApart()
    {
        Assert.Equal(WorkflowRegistration.Registered, await Store.RegisterWorkflow("acme", Workflow("aa"), Noon));
        Assert.Equal(WorkflowRegistration.Registered, await Store.RegisterWorkflow("other", Workflow("bb"), Noon.AddHours(1)));
        Assert.Equal(WorkflowRegistration.Registered, await Store.RegisterWorkflow("third", Workflow("aa"), Noon));
        await Reopen();

        Assert.Equal(new RegisteredWorkflow("render", 1, "aa", Noon), await Store.FindRegistered("acme", "render", 1));
        Assert.Equal(new RegisteredWorkflow("render", 1, "bb", Noon.AddHours(1)), await Store.FindRegistered("other", "render", null));
        Assert.Equal("aa", (await Store.FindRegistered("third", "render", 1))!.Hash);
        Assert.Null(await Store.FindRegistered("nobody", "render", 1));
        Assert.NotNull(await Store.FindWorkflow("aa"));
        Assert.NotNull(await Store.FindWorkflow("bb"));
    }

    [Fact]
    public async Task RegisterWorkflow_WritesNothing_WhenTheVersionIsAnother()
    {
        await Store.RegisterWorkflow("acme", Workflow("aa"), Noon);

        Assert.Equal(WorkflowRegistration.Different, await Store.RegisterWorkflow("acme", Workflow("bb"), Noon));

        Assert.Null(await Store.FindWorkflow("bb"));
        Assert.Equal("aa", (await Store.FindRegistered("acme", "render", 1))!.Hash);
    }

    [Fact]
    public async Task FindRegistered_GivesTheNewest_WhenNoVersionIsNamed()
    {
        foreach (var version in new[] { 2, 10, 9 }) await Store.RegisterWorkflow("acme", Workflow($"v{version}", version: version), Noon);
        await Store.RegisterWorkflow("acme", Workflow("x", "rendering", 99), Noon);

        Assert.Equal(10, (await Store.FindRegistered("acme", "render", null))!.Version);
        Assert.Equal(9, (await Store.FindRegistered("acme", "render", 9))!.Version);
        Assert.Null(await Store.FindRegistered("acme", "render", 3));
        Assert.Null(await Store.FindRegistered("acme", "rende", null));
    }

    [Theory]
    [InlineData(null, null, 0, 10, "a1 b1 b2 b10 c1")]
    [InlineData(null, "b", 2, 10, "b10 c1")]
    [InlineData(null, "b", 2, 1, "b10")]
    [InlineData(null, "aa", 7, 2, "b1 b2")]
    [InlineData(null, "c", 1, 10, "")]
    [InlineData("b", null, 0, 10, "b1 b2 b10")]
    [InlineData("b", "b", 1, 10, "b2 b10")]
    [InlineData("b", "a", 1, 2, "b1 b2")]
    [InlineData("b", "c", 1, 10, "")]
    [InlineData("d", null, 0, 10, "")]
    public async Task ListRegistered_GivesATenantsRegistry_InPages(string? name, string? afterName, int afterVersion, int limit, string expected)
    {
        foreach (var (workflow, version) in new[] { ("b", 10), ("c", 1), ("a", 1), ("b", 1), ("b", 2) })
            await Store.RegisterWorkflow("acme", Workflow($"{workflow}{version}", workflow, version), Noon);
        await Store.RegisterWorkflow("other", Workflow("other", "b", 3), Noon);

        var page = await Store.ListRegistered("acme", name, afterName is null ? null : (afterName, afterVersion), limit);
        Assert.Equal(expected, string.Join(' ', page.Select(workflow => workflow.Hash)));
    }
}
