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
    default:
        YogaService.Build(args).Run();
        break;
}
