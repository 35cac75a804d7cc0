using Provider;

var configuration = new ConfigurationBuilder().AddCommandLine(args).Build();
await using var provider = await ProviderService.Start(new ProviderSettings
{
    Urls = configuration["urls"] ?? "http://127.0.0.1:5090",
    DataDirectory = Path.GetFullPath(configuration["data"] ?? "provider-data"),
    WithFfmpeg = !string.Equals(configuration["clips"], "bytes", StringComparison.Ordinal),
    Delay = TimeSpan.FromMilliseconds(configuration.GetValue("delay-ms", 0)),
});
await Console.Out.WriteLineAsync($"The provider listens on {provider.Address}");
await provider.AskedToStop;
