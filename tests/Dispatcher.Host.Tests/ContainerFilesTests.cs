using Dispatcher.Host.Configuration;
using Dispatcher.Tests.Shared;
using YamlDotNet.RepresentationModel;

namespace Dispatcher.Host.Tests;

/// <summary>The files of the container, as far as they can be checked without an engine.</summary>
public sealed class ContainerFilesTests
{
    internal static readonly string Root = FindRoot();

    [Fact]
    public async Task Dockerfile_PassesThePublicLinter()
    {
        await using var linter = NodeClient.Start("dockerfile.mjs", new { file = Path.Combine(Root, "docker", "Dockerfile") });
        Assert.Empty(await linter.ReadToEnd());
    }

    [Fact]
    public async Task Linter_FindsWhatIsWrong()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "FROM scratch\nWORKDIR here\nRUNN true\n");
        await using var linter = NodeClient.Start("dockerfile.mjs", new { file });
        Assert.Equal([2, 3], (await linter.ReadToEnd()).Select(fault => fault.GetProperty("line").GetInt32()));
        File.Delete(file);
    }

    [Fact]
    public async Task HealthCheck_AndCommand_AreOnesThatTheProgramTakes()
    {
        var dockerfile = await File.ReadAllTextAsync(Path.Combine(Root, "docker", "Dockerfile"));
        using var run = new CommandRun();
        foreach (var instruction in (string[])["HEALTHCHECK", "CMD"])
        {
            var words = System.Text.Json.JsonSerializer.Deserialize<string[]>(dockerfile[dockerfile.IndexOf('[', dockerfile.LastIndexOf(instruction, StringComparison.Ordinal))..].Split('\n')[0])!;
            Assert.Equal(0, (await run.Run(words[0] == "/app/dispatcher" ? words[1] : words[0], "--help")).ExitCode);
        }
    }

    [Fact]
    public void ComposeFile_PublishesOnThisMachineOnly_AndKeepsItsDataInAVolume()
    {
        var yaml = new YamlStream();
        using (var reader = File.OpenText(Path.Combine(Root, "docker", "compose.yaml"))) yaml.Load(reader);
        var service = (YamlMappingNode)yaml.Documents[0].RootNode["services"]["dispatcher"];

        Assert.All((YamlSequenceNode)service["ports"], port => Assert.StartsWith("127.0.0.1:", port.ToString(), StringComparison.Ordinal));
        Assert.Contains("data:/data", ((YamlSequenceNode)service["volumes"]).Select(volume => volume.ToString()));
        Assert.NotNull(yaml.Documents[0].RootNode["volumes"]["data"]);
        Assert.True(File.Exists(Path.Combine(Root, "docker", service["build"]["context"].ToString(), service["build"]["dockerfile"].ToString())));
    }

    [Fact]
    public void ClusterFile_HasThreeNodes_OnTheDatabaseAndTheFilesThatTheyShare()
    {
        var yaml = new YamlStream();
        using (var reader = File.OpenText(Path.Combine(Root, "docker", "compose.cluster.yaml"))) yaml.Load(reader);
        var root = (YamlMappingNode)yaml.Documents[0].RootNode;
        var services = (YamlMappingNode)root["services"];
        var nodes = services.Where(service => service.Key.ToString().StartsWith("node-", StringComparison.Ordinal)).Select(service => (YamlMappingNode)service.Value).ToList();
        var common = (YamlMappingNode)root["x-node"];

        Assert.Equal(3, nodes.Count);
        Assert.All(nodes, node => Assert.Same(common, node["<<"]));
        Assert.Equal(3, nodes.Select(node => node["hostname"].ToString()).Distinct().Count());
        Assert.All(nodes.SelectMany(node => (YamlSequenceNode)node["ports"]), port => Assert.StartsWith("127.0.0.1:", port.ToString(), StringComparison.Ordinal));
        Assert.False(((YamlMappingNode)services["postgres"]).Children.ContainsKey("ports"));
        var environment = ((YamlMappingNode)common["environment"]).ToDictionary(variable => variable.Key.ToString(), variable => variable.Value.ToString(), StringComparer.Ordinal);
        var settings = SettingsLoader.Load(SettingsSources.Installed("embedded", null) with { Environment = environment });
        Assert.StartsWith("Host=postgres;", settings.Store.Connection, StringComparison.Ordinal);
        Assert.Equal("/artifacts", settings.ArtifactsDirectory);
        Assert.All((string[])["database", "artifacts"], volume => Assert.True(((YamlMappingNode)root["volumes"]).Children.ContainsKey(volume)));
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "Akka.Jobs.sln"))) directory = directory.Parent;
        return directory.FullName;
    }
}
