from django.apps import AppConfig


class TimelineConfig(AppConfig):
    name = "pheu.timeline"

    def ready(self) -> None:
        from pheu.records import kinds
        from pheu.records.fields.own import use_file_rules
        from pheu.timeline import archiving, jobs, navigation, panels, services, sharing, stages, undo  # noqa: F401  (they register themselves)
        from pheu.timeline.previews import PROGRAMS

        use_file_rules(services.wrong_with, most=services.FILE_LIMIT, refused=" ".join(sorted(PROGRAMS)))
        kinds.use_acts(
            create=services.create,
            change=services.change,
            change_many=services.change_many,
            rearrange=services.rearrange,
            follow_many=services.follow_many,
            assign=services.assign,
            share_out=sharing.share_out,
            archive=archiving.archive,
            begin_batch=jobs.begin_batch,
            take=services.take,
            move=stages.move,
            move_many=stages.move_many,
            close=stages.close,
            reopen=stages.reopen,
            change_pipeline=stages.change_pipeline,
        )
