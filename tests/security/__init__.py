"""Attacks on a real TensorBoard with a real worker: DESIGN part 7 and issue 3, item by item.

What is attacked here, and what other rooms attack already (not written twice):

- cross-site POST, DNS rebinding, Host spoofing: `test_cross_site.py`, over sockets;
  headers one by one: `tests/tb_cnnviz/jobs/test_refusals.py`, `tests/tb_cnnviz/test_security.py`;
  bodies without end: `test_refusals.py::test_a_long_body_is_not_read`
- jobs off beyond localhost: `test_refusals.py::test_where_jobs_are_off_…`, `jobs/test_settings.py`
- path traversal in every argument of every route: `test_names.py`; in job ids and static files:
  `test_refusals.py`, `test_security.py`
- pictures (bombs, lying sizes, other formats): `test_pictures.py`, through to the worker;
  what is refused by its header: `jobs/test_asking.py::test_pictures_are_bounded_…`
- parameters of every method, made from its schema: `test_parameters.py`; other fields of a request:
  `jobs/test_asking.py::test_what_does_not_fit_is_named`; their checker: `contract/test_forms.py`
- a hostile logdir: `test_logdir.py` (pickles under every name, links, lying headers, names);
  graphs: `tests/graph/test_loading.py` (56 hostile ones), `tests/worker/test_failures.py`;
  events, previews, snapshots flipped and cut: `tests/tb_cnnviz/test_damage.py`, `tests/storage/`
- hostile job folders: `test_job_folders.py`; links, pipes and damaged files in them:
  `tests/storage/test_jobs.py`, `tb_cnnviz/jobs/test_restart.py`
- trained networks and states of trainings: `test_trained.py`; bytes flipped: `core/test_trained.py`
- the queue is bounded: `jobs/test_queue.py`; workers that hang, crash, eat memory:
  `jobs/test_supervision.py`; nothing raises into the training loop: `recording/test_failures.py`
- the page on a hostile logdir: `tests/e2e/test_stranger_logdir.py`
"""
