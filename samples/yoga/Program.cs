using Yoga;
using Yoga.Recordings;

switch (args)
{
    case ["record", var directory, .. var rest]:
        RecordCommand.Run(directory, rest);
        break;
    case ["line", .. var rest]:
        LineStandIn.Build(rest).Run();
        break;
    case ["create", var address, var directory, .. var rest]:
        return await CreateCommand.Run(address, directory, rest is ["--smoke"]);
    case ["show", var address, var line, var directory, .. var rest]:
        return await ShowCommand.Run(address, line, directory, rest is ["--smoke"]);
    default:
        YogaService.Build(args).Run();
        break;
}

return 0;
